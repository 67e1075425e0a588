"""A real smtpd(8) and real DNS, alone in a namespace of their own.

`host` runs it from outside, and `inside` is the process that runs in the namespace. `dns` and `postfix` are the servers
there, `dialogue` is the client.
"""
