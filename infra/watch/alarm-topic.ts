import { Stack } from 'aws-cdk-lib';
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { acknowledge } from '../grants/acknowledge.ts';
import { grantKey } from '../grants/grant-key.ts';

type AlarmTopicProps = {
  readonly encryptionKey: IKey | undefined;
  readonly email: string | undefined;
  readonly existing: ITopic | undefined;
};

/** The SNS topic for alarms, with an optional email subscription. */
export class AlarmTopic extends Construct {
  readonly topic: ITopic;
  readonly alarms: Alarm[] = [];

  constructor(scope: Construct, id: string, { encryptionKey, email, existing }: AlarmTopicProps) {
    super(scope, id);
    this.topic = existing ?? newTopic(this, encryptionKey);
    if (email !== undefined) this.topic.addSubscription(new EmailSubscription(email));
  }

  /** Notifies the topic when the alarm goes on and when it clears. */
  watch(alarm: Alarm): void {
    const action = new SnsAction(this.topic);
    alarm.addAlarmAction(action);
    alarm.addOkAction(action);
    // The overview shows those of its own stack: it must not refer to a stack that refers to it.
    if (Stack.of(alarm) === Stack.of(this)) this.alarms.push(alarm);
  }
}

function newTopic(scope: Construct, encryptionKey: IKey | undefined): Topic {
  // A policy replaces SNS's default one, which is what lets the account's own CloudWatch publish.
  // Encrypted only with a user's key: CloudWatch can't publish to a topic encrypted with AWS's own key for SNS.
  const topic = new Topic(scope, 'Topic', {
    displayName: 'agentpool alarms',
    enforceSSL: true,
    ...(encryptionKey && { masterKey: encryptionKey }),
  });
  const cloudWatch = new ServicePrincipal('cloudwatch.amazonaws.com');
  topic.addToResourcePolicy(
    new PolicyStatement({
      sid: 'AlarmsOfThisAccount',
      principals: [cloudWatch],
      actions: ['sns:Publish'],
      resources: [topic.topicArn],
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
    }),
  );
  grantKey(cloudWatch, encryptionKey);
  acknowledge(topic, {
    'Serverless-SNSRedrivePolicy': 'Nobody would read undelivered emails in a queue. The alarm stays on.',
  });
  return topic;
}
