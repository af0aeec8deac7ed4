"""Closing: the policy, the facts of a month gathered, close, reopen, simulate, payroll."""
