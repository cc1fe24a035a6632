"""The door for callers of Campaign Classic's SOAP API: the methods of Message Center, on the wire as they are there."""
