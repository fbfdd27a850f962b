// MailAuth
