import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { acknowledge } from '../grants/acknowledge.ts';
import { grantKey } from '../grants/grant-key.ts';

type AlarmTopicProps = { readonly encryptionKey: IKey | undefined; readonly email: string | undefined };

/** Where alarms go: a topic, and from there to an address and to whatever else subscribes. */
export class AlarmTopic extends Construct {
  readonly topic: Topic;
  readonly alarms: Alarm[] = [];

  constructor(scope: Construct, id: string, { encryptionKey, email }: AlarmTopicProps) {
    super(scope, id);
    // Without a key of the user's it is not encrypted: CloudWatch may not publish under AWS's own key for SNS.
    this.topic = new Topic(this, 'Topic', {
      displayName: 'agentpool alarms',
      enforceSSL: true,
      ...(encryptionKey && { masterKey: encryptionKey }),
    });
    grantKey(new ServicePrincipal('cloudwatch.amazonaws.com'), encryptionKey);
    if (email !== undefined) this.topic.addSubscription(new EmailSubscription(email));
    acknowledge(this.topic, {
      'Serverless-SNSRedrivePolicy':
        'A mail that does not arrive is not read in a queue either; the alarm stays on.',
    });
  }

  /** Tells of an alarm, and of its end. */
  watch(alarm: Alarm): void {
    const action = new SnsAction(this.topic);
    alarm.addAlarmAction(action);
    alarm.addOkAction(action);
    this.alarms.push(alarm);
  }
}
