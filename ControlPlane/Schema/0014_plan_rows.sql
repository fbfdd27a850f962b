-- The plans that a new installation starts with; operators change them and add their own.

INSERT INTO plans
    (code, name, monthly_quota, daily_quota, rate_per_minute, max_recipients, log_retention_days, log_bodies,
     overage_allowed, deadline_hours, position)
VALUES
    ('free',      'Free',        3000,   300,    60, 10,  7, true, false, 24, 1),
    ('starter',   'Starter',    50000,  NULL,   300, 50, 14, true, true,  72, 2),
    ('growth',    'Growth',    500000,  NULL,  1500, 50, 30, true, true,  72, 3),
    ('unlimited', 'Unlimited',   NULL,  NULL, 10000, 50, 90, true, true,  72, 4);
