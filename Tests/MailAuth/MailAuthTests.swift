// tests of MailAuth
