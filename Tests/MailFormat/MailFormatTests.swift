// tests of MailFormat
