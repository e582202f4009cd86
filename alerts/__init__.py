"""What a reading means: NEWS2 with honest bounds, rules, findings, escalations, policies and deadlines."""
