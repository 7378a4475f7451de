import { RemovalPolicy } from 'aws-cdk-lib';
import {
  FlowLogDestination,
  FlowLogTrafficType,
  GatewayVpcEndpointAwsService,
  type ISecurityGroup,
  type IVpc,
  SecurityGroup,
  type SubnetSelection,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

type NetworkProps = {
  readonly vpc?: IVpc;
  readonly subnets?: SubnetSelection;
  readonly securityGroups?: readonly ISecurityGroup[];
  readonly encryptionKey: IKey | undefined;
};

/** The network of the agents: the user's VPC, or a small new one. */
export class Network extends Construct {
  readonly vpc: IVpc;
  readonly subnets: SubnetSelection;
  readonly securityGroups: ISecurityGroup[];
  readonly assignPublicIp: boolean;

  constructor(scope: Construct, id: string, { vpc, subnets, securityGroups, encryptionKey }: NetworkProps) {
    super(scope, id);
    this.vpc = vpc ?? smallVpc(this, encryptionKey);
    this.subnets = subnets ?? { subnetType: bestSubnets(this.vpc) };
    // Agents in other subnets reach AWS through a NAT gateway or endpoints.
    this.assignPublicIp = this.vpc.selectSubnets(this.subnets).hasPublic;
    this.securityGroups = [...(securityGroups ?? [outboundOnly(this, this.vpc)])];
  }
}

function bestSubnets({ privateSubnets, publicSubnets }: IVpc): SubnetType {
  if (privateSubnets.length > 0) return SubnetType.PRIVATE_WITH_EGRESS;
  return publicSubnets.length > 0 ? SubnetType.PUBLIC : SubnetType.PRIVATE_ISOLATED;
}

function outboundOnly(scope: Construct, vpc: IVpc): ISecurityGroup {
  return new SecurityGroup(scope, 'Agents', {
    vpc,
    description: 'agentpool agents: all outbound, no inbound traffic',
    allowAllOutbound: true,
  });
}

/** A VPC without NAT gateways, which cost more than a small pool. Agents have public IP addresses but no open ports. */
function smallVpc(scope: Construct, encryptionKey: IKey | undefined): IVpc {
  const vpc = new Vpc(scope, 'Vpc', {
    maxAzs: 2,
    natGateways: 0,
    subnetConfiguration: [{ name: 'agents', subnetType: SubnetType.PUBLIC }],
    gatewayEndpoints: {
      s3: { service: GatewayVpcEndpointAwsService.S3 },
      dynamodb: { service: GatewayVpcEndpointAwsService.DYNAMODB },
    },
  });
  // Only rejected traffic: logging all of the agents' traffic would cost more than it's worth.
  vpc.addFlowLog('Rejected', {
    trafficType: FlowLogTrafficType.REJECT,
    destination: FlowLogDestination.toCloudWatchLogs(
      new LogGroup(scope, 'RejectedTraffic', {
        retention: RetentionDays.TWO_WEEKS,
        removalPolicy: RemovalPolicy.DESTROY,
        ...(encryptionKey && { encryptionKey }),
      }),
    ),
  });
  return vpc;
}
