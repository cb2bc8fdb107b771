"""What is to be played when, and what goes first: plans, orders, the arbiter. Pure logic: no I/O, no clock of its own.

`agenda.Agenda` is the way in; `forecast.forecast` runs the same code ahead of time. Read `arbiter` for the order of precedence, `slots` and
`days` for the schedule, `offers` for what comes from above the commune, `orders` for what overrides the schedule.
"""
