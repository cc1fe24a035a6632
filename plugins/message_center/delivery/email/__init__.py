"""The sender of e-mails, over SMTP."""
