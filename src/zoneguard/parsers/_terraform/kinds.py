"""Which types of resources are of no concern to a network, and which only matter beyond its gateways."""

from __future__ import annotations

from zoneguard.parsers._terraform.plan import Resource

BEYOND = (
    "aws_vpc_peering_connection", "aws_vpn_", "aws_customer_gateway", "aws_dx_",
    "aws_ec2_transit_gateway_vpc_attachment_accepter", "aws_ec2_transit_gateway_peering_attachment_accepter",
    "aws_ec2_transit_gateway_connect_peer",
    "aws_ec2_carrier_gateway", "aws_ec2_local_gateway",
)  # fmt: skip
"""What lies beyond a gateway: it may forbid more, never permit what the VPC does not."""

CARRIERS = ("aws_launch_template", "aws_launch_configuration")
"""Types that hand groups and subnets to those that name them, as every ``…_subnet_group`` does."""

HARMLESS = (
    "aws_s3", "aws_iam_", "aws_kms_", "aws_cloudwatch_", "aws_sns_", "aws_sqs_", "aws_dynamodb_", "aws_ssm_parameter",
    "aws_acm", "aws_route53_record", "aws_route53_zone", "aws_ecr_", "aws_cloudtrail", "aws_config_", "aws_guardduty_",
    "aws_backup_", "aws_ebs_", "aws_volume_attachment", "aws_key_pair", "aws_ami", "aws_flow_log",
    "aws_vpc_dhcp_options", "aws_budgets_", "aws_secretsmanager_", "aws_lambda_permission", "aws_lambda_alias",
    "aws_autoscaling_policy", "aws_autoscaling_schedule", "aws_autoscaling_attachment", "aws_lb_listener",
    "aws_lb_target_group", "aws_alb_listener", "aws_alb_target_group", "aws_lb_cookie", "aws_vpc_endpoint_policy",
    "aws_service_discovery_", "aws_db_parameter_group", "aws_db_option_group", "aws_rds_cluster_parameter_group",
    "aws_ecs_cluster", "aws_ecs_task_definition", "aws_placement_group", "aws_appautoscaling_", "aws_resourcegroups_",
    "aws_securityhub_", "aws_inspector", "aws_macie", "aws_wafv2_", "aws_cognito_", "aws_organizations_",
    "aws_ec2_transit_gateway_multicast_",
    "aws_ec2_tag", "aws_default_vpc_dhcp_options", "random_", "null_", "time_", "tls_", "local_", "archive_",
    "template_", "terraform_data", "http", "external", "cloudinit_",
)  # fmt: skip
"""Beginnings of types that neither route nor filter nor stand in a subnet, whatever they name."""


def is_carrier(resource: Resource) -> bool:
    """Whether it only hands on the subnets and groups that it names."""
    return resource.type in CARRIERS or resource.type.endswith("_subnet_group")
