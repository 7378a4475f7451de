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

/** The SNS topic for alarms, with an optional email subscription. */
export class AlarmTopic extends Construct {
  readonly topic: Topic;
  readonly alarms: Alarm[] = [];

  constructor(scope: Construct, id: string, { encryptionKey, email }: AlarmTopicProps) {
    super(scope, id);
    // Encrypted only with a user's key: CloudWatch can't publish to a topic encrypted with AWS's own key for SNS.
    this.topic = new Topic(this, 'Topic', {
      displayName: 'agentpool alarms',
      enforceSSL: true,
      ...(encryptionKey && { masterKey: encryptionKey }),
    });
    grantKey(new ServicePrincipal('cloudwatch.amazonaws.com'), encryptionKey);
    if (email !== undefined) this.topic.addSubscription(new EmailSubscription(email));
    acknowledge(this.topic, {
      'Serverless-SNSRedrivePolicy': 'Nobody would read undelivered emails in a queue. The alarm stays on.',
    });
  }

  /** Notifies the topic when the alarm goes on and when it clears. */
  watch(alarm: Alarm): void {
    const action = new SnsAction(this.topic);
    alarm.addAlarmAction(action);
    alarm.addOkAction(action);
    this.alarms.push(alarm);
  }
}
