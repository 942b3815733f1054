"""Amazon VPC as ``aws ec2 describe-…`` tells it: groups, network ACLs, route tables, gateways."""
