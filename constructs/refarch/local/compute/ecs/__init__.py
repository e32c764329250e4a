"""ECS on instances that are records: container instances, placement, services, capacity providers."""
