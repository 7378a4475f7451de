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
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

/** Where agents run: in a VPC of the user's, or in a small one of their own. Nothing reaches them from outside. */
export class Network extends Construct {
  readonly vpc: IVpc;
  readonly subnets: SubnetSelection;
  readonly securityGroup: SecurityGroup;
  readonly assignPublicIp: boolean;

  constructor(scope: Construct, id: string, { vpc }: { readonly vpc: IVpc | undefined }) {
    super(scope, id);
    this.vpc = vpc ?? smallVpc(this);
    // In a VPC with a way out that is not public, agents need no addresses of their own.
    this.assignPublicIp = this.vpc.privateSubnets.length === 0;
    this.subnets = {
      subnetType: this.assignPublicIp ? SubnetType.PUBLIC : SubnetType.PRIVATE_WITH_EGRESS,
    };
    this.securityGroup = new SecurityGroup(this, 'Agents', {
      vpc: this.vpc,
      description: 'agentpool agents: everything out, nothing in',
      allowAllOutbound: true,
    });
  }
}

/** Without NAT gateways, which would cost more than a small pool: agents have public addresses and no open port. */
function smallVpc(scope: Construct): IVpc {
  const vpc = new Vpc(scope, 'Vpc', {
    maxAzs: 2,
    natGateways: 0,
    subnetConfiguration: [{ name: 'agents', subnetType: SubnetType.PUBLIC }],
    gatewayEndpoints: {
      s3: { service: GatewayVpcEndpointAwsService.S3 },
      dynamodb: { service: GatewayVpcEndpointAwsService.DYNAMODB },
    },
  });
  // What was accepted is all traffic of the agents, and would cost more than it tells.
  vpc.addFlowLog('Rejected', {
    trafficType: FlowLogTrafficType.REJECT,
    destination: FlowLogDestination.toCloudWatchLogs(
      new LogGroup(scope, 'RejectedTraffic', {
        retention: RetentionDays.TWO_WEEKS,
        removalPolicy: RemovalPolicy.DESTROY,
      }),
    ),
  });
  return vpc;
}
