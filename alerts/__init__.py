"""What readings mean: NEWS2 with honest bounds, rules, findings, escalations, policies and deadlines."""
