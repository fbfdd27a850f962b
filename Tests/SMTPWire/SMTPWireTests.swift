// tests of SMTPWire
