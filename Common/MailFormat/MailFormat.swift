// MailFormat
