variable "cidr" {}
locals { vpc = aws_vpc.main.id }
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
resource "aws_vpc" "main" { cidr_block = var.cidr }
resource "aws_subnet" "s" {
  count = 2
  vpc_id = aws_vpc.main.id
  cidr_block = cidrsubnet(var.cidr, 8, count.index + 1)
}
resource "aws_internet_gateway" "igw" { vpc_id = local.vpc }
resource "aws_eip" "nat" {}
resource "aws_nat_gateway" "nat" {
  allocation_id = aws_eip.nat.id
  subnet_id = aws_subnet.s[0].id
}
resource "aws_route_table" "t" {
  for_each = { pub = aws_internet_gateway.igw.id, prv = aws_nat_gateway.nat.id }
  vpc_id = aws_vpc.main.id
}
resource "aws_route_table" "inl" {
  vpc_id = aws_vpc.main.id
  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.igw.id
  }
  route {
    cidr_block = "10.99.0.0/16"
    nat_gateway_id = aws_nat_gateway.nat.id
  }
}
resource "aws_route" "r" {
  route_table_id = aws_route_table.t["prv"].id
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id = aws_nat_gateway.nat.id
}
resource "aws_route_table_association" "a" {
  count = 2
  subnet_id = aws_subnet.s[count.index].id
  route_table_id = count.index == 0 ? aws_route_table.inl.id : aws_route_table.t["prv"].id
}
output "vpc_id" { value = local.vpc }
output "subnets" { value = aws_subnet.s[*].id }
