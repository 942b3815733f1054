terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
provider "aws" { region = "ap-northeast-1" }
variable "ports" { default = [443, 8443] }
module "net" { 
  source = "./net" 
  cidr = "10.0.0.0/16"
}
resource "aws_security_group" "inline" {
  vpc_id = module.net.vpc_id
  ingress {
    protocol = "tcp"
    from_port = 443
    to_port = 443
    cidr_blocks = ["10.0.1.0/24"]
    security_groups = [aws_security_group.sep.id]
  }
  dynamic "ingress" {
    for_each = var.ports
    content {
      protocol = "tcp"
      from_port = ingress.value
      to_port = ingress.value
      security_groups = [aws_security_group.sep.id]
    }
  }
  egress {
    protocol = "-1"
    from_port = 0
    to_port = 0
    cidr_blocks = ["0.0.0.0/0"]
  }
}
resource "aws_security_group" "sep" { vpc_id = module.net.vpc_id }
resource "aws_vpc_security_group_ingress_rule" "x" {
  security_group_id = aws_security_group.sep.id
  referenced_security_group_id = aws_security_group.inline.id
  ip_protocol = "tcp"
  from_port = 22
  to_port = 22
}
resource "aws_network_acl" "n" {
  vpc_id = module.net.vpc_id
  subnet_ids = module.net.subnets
  ingress {
    rule_no = 100
    action = "allow"
    protocol = "-1"
    from_port = 0
    to_port = 0
    cidr_block = "0.0.0.0/0"
  }
}
resource "aws_network_acl_rule" "e" {
  network_acl_id = aws_network_acl.n.id
  rule_number = 100
  egress = true
  protocol = "-1"
  rule_action = "allow"
  cidr_block = "0.0.0.0/0"
}
resource "aws_network_interface" "h" {
  count = 2
  subnet_id = module.net.subnets[count.index]
  private_ips = ["10.0.${count.index + 1}.10"]
  security_groups = [aws_security_group.inline.id]
}
resource "aws_instance" "i" {
  for_each = toset(["x", "y"])
  subnet_id = element(module.net.subnets, 1)
  vpc_security_group_ids = [aws_security_group.sep.id, aws_security_group.inline.id]
  associate_public_ip_address = false
}
resource "aws_ecs_service" "s" {
  name = "s"
  network_configuration {
    subnets = module.net.subnets
    security_groups = [aws_security_group.sep.id]
  }
}
resource "aws_launch_template" "lt" {
 name = "lt"
 vpc_security_group_ids = [aws_security_group.sep.id]
}
resource "aws_autoscaling_group" "asg" {
 vpc_zone_identifier = module.net.subnets
 launch_template {
   id = aws_launch_template.lt.id
 }
}
