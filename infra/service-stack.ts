import { CfnOutput, Fn, Stack } from 'aws-cdk-lib';
import type { LogGroupProps } from 'aws-cdk-lib/aws-logs';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { Consumer } from '#contract/subscriptions.ts';
import { Alarms } from './constructs/alarms.ts';
import { ConsumerQueue, queueProps, refuseClearText } from './constructs/consumer-queue.ts';
import { ServiceDashboard } from './constructs/dashboard.ts';
import { EscrowBus } from './constructs/event-bus.ts';
import { followStream, runEvery, workOnQueue } from './constructs/event-sources.ts';
import { ServiceApi } from './constructs/http-api.ts';
import { type TokenRuntime, timeoutOf } from './constructs/service-function.ts';
import { ServiceFunctions, type ServiceFunctionsProps } from './constructs/service-functions.ts';
import { SignIn, tokenSettingsOf } from './constructs/sign-in.ts';
import { TokenNetwork } from './constructs/token-network.ts';
import { AlarmTopic, NoticeTopic } from './constructs/topics.ts';
import { functionsWhere, specOf } from './function-names.ts';
import { isKeyUse } from './permissions/key-permissions.ts';
import type { EscrowSettings } from './settings.ts';
import { stageTokenImage } from './token-image.ts';
import type { VaultStack } from './vault-stack.ts';

export interface ServiceStackProps {
  settings: EscrowSettings;
  vault: VaultStack;
  /** Absolute folders with code, by entry. */
  code: Readonly<Record<string, string>>;
}

/** All that a release replaces: the API, the functions, and what sets them to work. It keeps nothing but people's accounts. */
export class ServiceStack extends Stack {
  readonly api: ServiceApi;
  readonly bus: EscrowBus;
  readonly notices: NoticeTopic;
  readonly alarms: AlarmTopic;
  /** Unless the organization has an issuer of its own. */
  readonly signIn?: SignIn;

  constructor(scope: Construct, id: string, { settings, vault, code }: ServiceStackProps) {
    const { env, stage, organization } = settings;
    super(scope, id, {
      stackName: `enrollment-key-escrow-${stage}-service`,
      description: 'Enrollment key escrow: API, functions, events and alarms',
      env: { ...env },
    });
    // The functions' roles are named, not imported.
    this.addStackDependency(vault);
    this.bus = new EscrowBus(this, 'Bus', settings.eventArchiveDays);
    this.notices = new NoticeTopic(this, 'Notices', vault.vaultKey);
    this.alarms = new AlarmTopic(this, 'Alarms', vault.vaultKey, settings.alarmEmails);
    const logs = { retention: settings.logRetention, encryptionKey: vault.vaultKey };
    const { domain, corsOrigins } = settings;
    this.api = new ServiceApi(this, 'Http', { domain, corsOrigins, logs });
    if (settings.issuer === undefined) {
      this.signIn = new SignIn(this, 'SignIn', { stage, organization, resource: this.api.url });
    }
    const undelivered = new Queue(this, 'Undelivered', queueProps);
    const putAside = {
      aggregates: new Queue(this, 'PutAside', queueProps),
      ledger: new Queue(this, 'LedgerPutAside', queueProps),
    };
    const queues = this.makeQueues(undelivered);
    const functions = this.makeFunctions({ settings, vault, code, queues, putAside, logs });
    this.api.answerBy((name) => functions.of(name));
    this.setToWork(functions, queues, vault, putAside, settings.maxConcurrency);
    const watched = { stage, api: this.api.api, functions: functions.all(), queues, undelivered, putAside };
    new Alarms(this, 'Watch', { ...watched, topic: this.alarms });
    new ServiceDashboard(this, 'Dashboard', watched);
    this.tell();
  }

  /** Two of the region's zones, whichever they are: a look-up would need an account at hand. */
  override get availabilityZones(): string[] {
    return [0, 1].map((index) => Fn.select(index, Fn.getAzs()));
  }

  private makeQueues(undelivered: Queue): ReadonlyMap<Consumer, ConsumerQueue> {
    const queues = new Map<Consumer, ConsumerQueue>();
    for (const name of functionsWhere(({ on }) => 'consumer' in on)) {
      const { on } = specOf(name);
      if (!('consumer' in on)) continue;
      const timeoutSeconds = timeoutOf(name).toSeconds();
      const props = { bus: this.bus, consumer: on.consumer, timeoutSeconds, undelivered };
      queues.set(on.consumer, new ConsumerQueue(this, `Queue-${on.consumer}`, props));
    }
    const deadLetters = [...queues.values()].map((queue) => queue.deadLetters);
    refuseClearText(this, 'DeadLettersByTls', deadLetters);
    return queues;
  }

  private makeFunctions(
    made: Pick<ServiceFunctionsProps, 'settings' | 'vault' | 'code' | 'queues' | 'putAside' | 'logs'>,
  ): ServiceFunctions {
    const { settings, vault, code, queues, logs } = made;
    const { issuer, organization, custody } = settings;
    const { bus, notices } = this;
    return new ServiceFunctions(this, 'Functions', {
      ...made,
      token: custody.kind === 'pkcs11' ? this.tokenRuntime(settings, code, logs) : undefined,
      url: this.api.url,
      tokenSettings:
        issuer === undefined ? (this.signIn?.tokenSettings ?? '') : tokenSettingsOf(issuer, organization),
      messages: {
        bus,
        notices,
        queues: [...queues.values()].map(({ queue }) => queue),
        vaultKey: vault.vaultKey,
      },
    });
  }

  private setToWork(
    functions: ServiceFunctions,
    queues: ReadonlyMap<Consumer, ConsumerQueue>,
    vault: VaultStack,
    putAside: ServiceFunctionsProps['putAside'],
    maxConcurrency: number,
  ): void {
    for (const made of functions.all()) {
      const { on } = specOf(made.name);
      if ('consumer' in on) {
        const queue = queues.get(on.consumer)?.queue;
        if (queue !== undefined) workOnQueue('Work', made, queue, maxConcurrency);
      }
      if ('unhandled' in on) {
        for (const { deadLetters } of queues.values()) workOnQueue('Work', made, deadLetters, 2);
      }
      if ('stream' in on) followStream(made, on.stream, vault.tables[on.stream], putAside[on.stream]);
      if ('everyMinutes' in on) runEvery(made, on.everyMinutes);
    }
  }

  private tokenRuntime(
    settings: EscrowSettings,
    code: Readonly<Record<string, string>>,
    logs: LogGroupProps,
  ): TokenRuntime {
    const { cidr, ports, image } = settings.custody;
    const { vpc, securityGroup } = new TokenNetwork(this, 'Token', { cidr, ports, logs });
    const entries = new Set(
      functionsWhere(({ uses }) => uses.some(isKeyUse)).map((name) => specOf(name).entry),
    );
    const inImage = Object.fromEntries(Object.entries(code).filter(([entry]) => entries.has(entry)));
    return { imageFolder: stageTokenImage(this, inImage, image), vpc, securityGroup };
  }

  private tell(): void {
    const output = (id: string, value: string, description: string) =>
      new CfnOutput(this, id, { value, description });
    output('Url', this.api.url, 'Of the API: escrow login --server URL');
    output('BusName', this.bus.eventBusName, 'Where workflows put events');
    output('NoticeTopicArn', this.notices.topicArn, 'What mails notices to subscribers subscribes to it');
    output('AlarmTopicArn', this.alarms.topicArn, 'Whoever runs the service subscribes to it');
    if (this.signIn === undefined) return;
    const { pool, commandLine, workflow } = this.signIn;
    output('Issuer', pool.userPoolProviderUrl, 'Of access tokens');
    output('UserPoolId', pool.userPoolId, 'Where people and their groups are kept');
    output('CommandLineClientId', commandLine.userPoolClientId, 'escrow login --client-id ID');
    output('WorkflowClientId', workflow.userPoolClientId, "Of the organization's enrollment workflow");
  }
}
