import { type FauxqsServer, startFauxqs } from 'fauxqs';
import type { Faults } from '../aws-json/faults.ts';
import { type PassedRequest, startFaultProxy } from '../aws-wire/fault-proxy.ts';

export interface SqsDouble {
  endpoint: string;
  /** The variables that lead the AWS SDK here. */
  environment: Readonly<Record<string, string>>;
  /** What goes wrong on the wire. */
  faults: Faults;
  log: PassedRequest[];
  /** The URL of each queue, by its name. */
  queueUrls: Readonly<Record<string, string>>;
  /** The queues behind the wire, to look at and to send to as EventBridge does. */
  queues: Pick<FauxqsServer, 'sendMessage' | 'inspectQueue'>;
  close(): Promise<void>;
}

/**
 * A stand-in for Amazon SQS on loopback, in memory, with these queues: fauxqs, behind a wire that can fail. Its time is the
 * machine's. It takes no character beyond the Basic Multilingual Plane, which SQS does.
 * @param dead gets what was received three times from any other, if it is named
 */
export async function startSqsDouble(names: readonly string[], dead?: string): Promise<SqsDouble> {
  const server = await startFauxqs({
    port: 0,
    host: '127.0.0.1',
    logger: false,
    defaultRegion: 'eu-central-1',
  });
  const proxy = await startFaultProxy(`http://127.0.0.1:${server.port}`);
  const region = 'eu-central-1';
  const urls = new Map<string, string>();
  const deadArn = dead === undefined ? undefined : server.createQueue(dead, { region }).queueArn;
  for (const name of names) {
    const redrive = JSON.stringify({ deadLetterTargetArn: deadArn, maxReceiveCount: 3 });
    const attributes: Record<string, string> = deadArn === undefined ? {} : { RedrivePolicy: redrive };
    urls.set(name, server.createQueue(name, { region, attributes }).queueUrl);
  }
  return {
    endpoint: proxy.endpoint,
    environment: {
      AWS_ENDPOINT_URL_SQS: proxy.endpoint,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    },
    faults: proxy.faults,
    log: proxy.log,
    queueUrls: Object.fromEntries(urls),
    queues: server,
    close: async () => {
      await proxy.close();
      await server.stop();
    },
  };
}
