/**
 * The IAM actions that this project uses or nearly uses, each with the types of resources that it can be granted on; an
 * action without any can be granted only on `*`. From the Service Authorization Reference
 * (docs.aws.amazon.com/service-authorization).
 */
type Service = Readonly<Record<string, readonly string[]>>;

const dynamodb: Service = {
  GetItem: ['table'],
  BatchGetItem: ['table'],
  Query: ['table', 'index'],
  Scan: ['table', 'index'],
  PutItem: ['table'],
  UpdateItem: ['table'],
  DeleteItem: ['table'],
  BatchWriteItem: ['table'],
  ConditionCheckItem: ['table'],
  DescribeTable: ['table'],
  DescribeTimeToLive: ['table'],
};

const s3: Service = {
  GetObject: ['object'],
  GetObjectVersion: ['object'],
  PutObject: ['object'],
  DeleteObject: ['object'],
  DeleteObjectVersion: ['object'],
  AbortMultipartUpload: ['object'],
  ListMultipartUploadParts: ['object'],
  ListBucket: ['bucket'],
  ListBucketVersions: ['bucket'],
  ListBucketMultipartUploads: ['bucket'],
  GetBucketLocation: ['bucket'],
};

const sqs: Service = {
  SendMessage: ['queue'],
  ReceiveMessage: ['queue'],
  DeleteMessage: ['queue'],
  ChangeMessageVisibility: ['queue'],
  GetQueueAttributes: ['queue'],
  GetQueueUrl: ['queue'],
  PurgeQueue: ['queue'],
  ListQueues: [],
};

const ecs: Service = {
  DescribeServices: ['service'],
  UpdateService: ['service'],
  DescribeTasks: ['task'],
  StopTask: ['task'],
  GetTaskProtection: ['task'],
  UpdateTaskProtection: ['task'],
  ListTasks: ['container-instance'],
  ListServices: [],
  ListContainerInstances: ['cluster'],
  RunTask: ['task-definition'],
  DescribeTaskDefinition: [],
  DescribeClusters: ['cluster'],
  ExecuteCommand: ['cluster', 'task'],
};

const kms: Service = {
  Encrypt: ['key'],
  Decrypt: ['key'],
  ReEncryptFrom: ['key'],
  ReEncryptTo: ['key'],
  GenerateDataKey: ['key'],
  GenerateDataKeyWithoutPlaintext: ['key'],
  DescribeKey: ['key'],
  CreateGrant: ['key'],
};

const logs: Service = {
  CreateLogGroup: ['log-group'],
  CreateLogStream: ['log-stream'],
  PutLogEvents: ['log-stream'],
  DescribeLogGroups: [],
  DescribeLogStreams: ['log-group'],
  FilterLogEvents: ['log-group'],
  GetLogEvents: ['log-stream'],
};

const ecr: Service = {
  BatchCheckLayerAvailability: ['repository'],
  GetDownloadUrlForLayer: ['repository'],
  BatchGetImage: ['repository'],
  GetAuthorizationToken: [],
};

const ssm: Service = {
  GetParameter: ['parameter'],
  GetParameters: ['parameter'],
  GetParametersByPath: ['parameter'],
  GetParameterHistory: ['parameter'],
  // It has no resources. CDK's own grant names it with the parameter, where it does neither harm nor good.
  DescribeParameters: ['parameter'],
  PutParameter: ['parameter'],
};

/** Services without an entry, such as Bedrock, are open: any action counts as known. */
export const ACTIONS: Readonly<Record<string, Service>> = {
  dynamodb,
  s3,
  sqs,
  ecs,
  kms,
  logs,
  ecr,
  ssm,
  sns: { Publish: ['topic'], Subscribe: ['topic'] },
  xray: { PutTraceSegments: [], PutTelemetryRecords: [], GetSamplingRules: [], GetSamplingTargets: [] },
  secretsmanager: { GetSecretValue: ['secret'], DescribeSecret: ['secret'] },
  lambda: { InvokeFunction: ['function'], GetFunction: ['function'] },
  cloudwatch: { PutMetricData: ['dataset'], GetMetricData: ['dataset'], DescribeAlarms: ['alarm'] },
};

/** Which actions have a value for a condition key, of the keys that this project uses. */
export const CONDITION_KEYS: Service = {
  'dynamodb:LeadingKeys': [
    'BatchGetItem',
    'BatchWriteItem',
    'ConditionCheckItem',
    'DeleteItem',
    'GetItem',
    'PartiQLDelete',
    'PartiQLInsert',
    'PartiQLSelect',
    'PartiQLUpdate',
    'PutItem',
    'Query',
    'UpdateItem',
  ],
  'ecs:cluster': [
    'ContinueServiceDeployment',
    'CreateDaemon',
    'CreateExpressGatewayService',
    'CreateService',
    'CreateTaskSet',
    'DeleteAttributes',
    'DeleteDaemon',
    'DeleteExpressGatewayService',
    'DeleteService',
    'DeleteTaskSet',
    'DescribeContainerInstances',
    'DescribeDaemon',
    'DescribeDaemonDeployments',
    'DescribeDaemonRevisions',
    'DescribeExpressGatewayService',
    'DescribeServiceDeployments',
    'DescribeServiceRevisions',
    'DescribeServices',
    'DescribeTaskSets',
    'DescribeTasks',
    'ExecuteCommand',
    'GetTaskProtection',
    'ListDaemonDeployments',
    'ListDaemons',
    'ListServiceDeployments',
    'ListServices',
    'ListTasks',
    'Poll',
    'PutAttributes',
    'PutSystemLogEvents',
    'RunTask',
    'StartTask',
    'StartTelemetrySession',
    'StopServiceDeployment',
    'StopTask',
    'UpdateContainerAgent',
    'UpdateContainerInstancesState',
    'UpdateDaemon',
    'UpdateExpressGatewayService',
    'UpdateService',
    'UpdateServicePrimaryTaskSet',
    'UpdateTaskProtection',
    'UpdateTaskSet',
  ],
  's3:prefix': ['ListBucket', 'ListBucketVersions'],
};
