import { RemovalPolicy } from 'aws-cdk-lib';
import {
  FlowLogDestination,
  FlowLogTrafficType,
  GatewayVpcEndpointAwsService,
  type IVpc,
  SecurityGroup,
  type SubnetSelection,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

type NetworkProps = { readonly vpc: IVpc | undefined; readonly encryptionKey: IKey | undefined };

/** The network of the agents: the user's VPC, or a small new one. It allows no inbound traffic. */
export class Network extends Construct {
  readonly vpc: IVpc;
  readonly subnets: SubnetSelection;
  readonly securityGroup: SecurityGroup;
  readonly assignPublicIp: boolean;

  constructor(scope: Construct, id: string, { vpc, encryptionKey }: NetworkProps) {
    super(scope, id);
    this.vpc = vpc ?? smallVpc(this, encryptionKey);
    // In a VPC with private subnets that have egress, agents need no public IP addresses.
    this.assignPublicIp = this.vpc.privateSubnets.length === 0;
    this.subnets = {
      subnetType: this.assignPublicIp ? SubnetType.PUBLIC : SubnetType.PRIVATE_WITH_EGRESS,
    };
    this.securityGroup = new SecurityGroup(this, 'Agents', {
      vpc: this.vpc,
      description: 'agentpool agents: all outbound, no inbound traffic',
      allowAllOutbound: true,
    });
  }
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
