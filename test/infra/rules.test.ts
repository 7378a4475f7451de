// Covers: infra/rules/services-come-last.ts, infra/rules/scaler-is-independent.ts, infra/rules/data-is-retained.ts, infra/rules/names-are-unique.ts, infra/rules/dependencies.ts, infra/rules/template.ts
import { describe, expect, test } from 'vitest';
import { dataIsRetained } from '../../infra/rules/data-is-retained.ts';
import { namesAreUnique } from '../../infra/rules/names-are-unique.ts';
import { scalerIsIndependent } from '../../infra/rules/scaler-is-independent.ts';
import { servicesComeLast } from '../../infra/rules/services-come-last.ts';
import { reference, references, text } from '../../infra/rules/template.ts';
import { arn, check, join, policy, type Resources, ref, resource } from './check-rule.ts';

describe('services come last', () => {
  const service = (...DependsOn: readonly string[]) =>
    resource(
      'AWS::ECS::Service',
      {
        Cluster: ref('Cluster'),
        CapacityProviderStrategy: [{ CapacityProvider: 'FARGATE', Weight: 1 }],
        NetworkConfiguration: { AwsvpcConfiguration: { Subnets: [ref('Subnet')] } },
      },
      { DependsOn },
    );
  const others: Resources = {
    Cluster: resource('AWS::ECS::Cluster'),
    Association: resource('AWS::ECS::ClusterCapacityProviderAssociations', { Cluster: ref('Cluster') }),
    Subnet: resource('AWS::EC2::Subnet'),
    RouteTable: resource('AWS::EC2::RouteTable'),
    Attached: resource('AWS::EC2::SubnetRouteTableAssociation', {
      SubnetId: ref('Subnet'),
      RouteTableId: ref('RouteTable'),
    }),
    Route: resource('AWS::EC2::Route', { RouteTableId: ref('RouteTable'), GatewayId: ref('Gateway') }),
    OtherRoute: resource('AWS::EC2::Route', { RouteTableId: ref('OtherTable'), GatewayId: ref('Gateway') }),
    Gateway: resource('AWS::EC2::InternetGateway'),
  };

  test('a service that depends on its capacity providers and routes is in order, directly or through others', () => {
    expect(check(servicesComeLast, { ...others, Service: service('Association', 'Route') })).toEqual([]);
    const between = { ...others, Between: resource('X', {}, { DependsOn: ['Association', 'Route'] }) };
    expect(check(servicesComeLast, { ...between, Service: service('Between') })).toEqual([]);
  });

  test.each([
    ['its capacity providers', 'Route', 'Association (AWS::ECS::ClusterCapacityProviderAssociations)'],
    ['the route of its subnet', 'Association', 'Route (AWS::EC2::Route)'],
  ])('a service that does not depend on %s is found', (_, dependsOn, missing) => {
    expect(check(servicesComeLast, { ...others, Service: service(dependsOn) })).toEqual([
      {
        logicalId: 'Service',
        message: `This service may be created before and deleted after what it needs: it does not depend on ${missing}`,
      },
    ]);
  });
});

describe('the scaler is independent', () => {
  const scaler = (service: unknown) =>
    resource(
      'AWS::Lambda::Function',
      { Role: arn('Role'), Environment: { Variables: { SERVICES: join('["', service, '"]') } } },
      { Metadata: { 'agentpool:module': 'functions/scale/handler' } },
    );
  const allowing = (service: unknown) =>
    policy('Role', { Effect: 'Allow', Action: 'ecs:UpdateService', Resource: service });
  const good: Resources = {
    Scaler: scaler('production-support'),
    Role: resource('AWS::IAM::Role'),
    Policy: allowing('arn:aws:ecs:eu-west-1:1:service/agents/production-support'),
    Service: resource('AWS::ECS::Service'),
    Console: resource('AWS::Lambda::Function', { Environment: { Variables: { SERVICE: ref('Service') } } }),
  };
  const found = (path: string) => ({
    logicalId: 'Scaler',
    message: `This scaler is updated only after Service is stable, so a deployment cannot repair it: ${path}`,
  });

  test('a scaler with the names of services is independent of them, even if other functions are not', () => {
    expect(check(scalerIsIndependent, good)).toEqual([]);
  });

  test.each<[string, Resources, string]>([
    ['in its environment', { Scaler: scaler({ 'Fn::GetAtt': ['Service', 'Name'] }) }, 'Scaler → Service'],
    ['in a policy of its role', { Policy: allowing(ref('Service')) }, 'Policy → Service'],
    [
      'in its role',
      { Role: resource('AWS::IAM::Role', {}, { DependsOn: 'Service' }) },
      'Scaler → Role → Service',
    ],
    [
      'through another resource',
      {
        Scaler: scaler(ref('Parameter')),
        Parameter: resource('AWS::SSM::Parameter', { Value: ref('Service') }),
      },
      'Scaler → Parameter → Service',
    ],
  ])('a scaler that refers to a service %s is found, with the path', (_, change, path) => {
    expect(check(scalerIsIndependent, { ...good, ...change })).toEqual([found(path)]);
  });
});

describe('data is retained', () => {
  test.each(['AWS::DynamoDB::Table', 'AWS::S3::Bucket', 'AWS::SQS::Queue'])(
    'an %s that is deleted when it is replaced is found',
    (type) => {
      const retained = resource(type, {}, { UpdateReplacePolicy: 'Retain' });
      expect(check(dataIsRetained, { Data: retained })).toEqual([]);
      expect(check(dataIsRetained, { Data: { ...retained, UpdateReplacePolicy: 'Delete' } })).toEqual([
        {
          logicalId: 'Data',
          message:
            'A deployment that replaces this resource deletes its data: its UpdateReplacePolicy is Delete, not Retain',
        },
      ]);
      expect(check(dataIsRetained, { Data: resource(type) })).toHaveLength(1);
    },
  );

  test('a log group may be deleted', () => {
    expect(check(dataIsRetained, { Logs: resource('AWS::Logs::LogGroup') })).toEqual([]);
  });
});

describe('names are unique', () => {
  const rule = (Name?: unknown) => ({
    Rule: resource('AWS::Events::Rule', Name === undefined ? {} : { Name }),
  });
  const dashboard = (DashboardName: unknown) => ({
    Page: resource('AWS::CloudWatch::Dashboard', { DashboardName }),
  });

  test.each([
    ['that CloudFormation chooses', undefined],
    ['with the name of the stack', 'Production-support'],
    ['that refers to the name of the stack', join(ref('AWS::StackName'), '-support')],
  ])('a name %s is unique in an account and region', (_, name) => {
    expect(check(namesAreUnique, rule(name))).toEqual([]);
  });

  test('a name that another stack would have too is found', () => {
    expect(check(namesAreUnique, rule('support'))).toEqual([
      {
        logicalId: 'Rule',
        message:
          'Another stack can have a resource with the name support: it lacks the stack’s name, and is unique in an account and region',
      },
    ]);
  });

  test('a dashboard without the region in its name is found, because its name is unique over all regions', () => {
    expect(check(namesAreUnique, dashboard(join('Production-', ref('AWS::Region'))))).toEqual([]);
    expect(check(namesAreUnique, dashboard('Production-eu-west-1'), 'eu-west-1')).toEqual([]);
    expect(check(namesAreUnique, dashboard('Production'), 'eu-west-1')).toEqual([
      {
        logicalId: 'Page',
        message:
          'Another stack can have a resource with the name Production: it lacks the region, and is unique in an account, over all regions',
      },
    ]);
  });
});

describe('a value of a template', () => {
  test('a substitution names its variables and the resources in its text', () => {
    const value = { 'Fn::Sub': [`${reference('A.Arn')}/${reference('b')}`, { b: ref('B') }] };
    expect(text(value)).toBe(text(join(arn('A'), '/', ref('B'))));
    expect([...references(value)].sort()).toEqual(['A', 'B']);
  });

  test('references are found at any depth, and pseudo parameters are none', () => {
    const value = {
      a: [{ b: join('x', ref('A'), ref('AWS::Region')) }],
      c: { 'Fn::Select': [0, [arn('C')]] },
    };
    expect([...references(value)].sort()).toEqual(['A', 'C']);
  });
});
