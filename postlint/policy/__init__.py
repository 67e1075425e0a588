"""What smtpd would answer: who reaches a service, what each restriction can answer, whether the relay is closed."""
