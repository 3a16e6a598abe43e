"""Services that CodeDeploy moves (blue/green): a deployment of it brings a task set beside the old.

The PRIMARY task set has the traffic. What was deployed is known by CodeDeploy, not by ECS.
"""
