"""scopeaudit: what can the credentials an agent reaches do, and is that more than their job?"""

__version__ = "0.1.0"
