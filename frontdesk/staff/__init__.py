"""The staff room: accounts, sessions and the console at `/staff/`.

May import every room of the front desk but `app`; nothing but `app` imports from here.
"""
