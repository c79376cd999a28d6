import { join } from 'node:path';
import { refusePlainHttp } from '#adapters/aws/plain-http.ts';
import { kmsTagKey } from '#contract/kms-permissions.ts';
import { ProviderError, SetUpError } from '#domain/errors.ts';
import { takeDataFolder } from '../data-folder.ts';
import type { DemoArguments } from './arguments.ts';
import { awsKmsOf, leadOnlyTo } from './aws-environment.ts';
import { startKmsStandIn } from './kms-stand-in.ts';

/** What holds the keys of custody `kms`: AWS itself, an endpoint that was named, or the stand-in with its folder. */
export type KmsPlace = { kind: 'aws' } | { kind: 'endpoint' | 'stand-in'; where: string };

/** Where the keys of a run live, made ready for it. */
export interface KeyPlace {
  /** To a person, as in `a SoftHSM token in .escrow-demo/token`. */
  name: string;
  /** What a person should know before anything is made there. */
  warning?: string;
  /** What a person should know once the run is done. */
  afterwards?: string;
  /** Of custody `kms`: what holds the keys. */
  kms?: KmsPlace;
  /** Ends what was started for it. */
  close(): Promise<void>;
}

/** For the first answer of an endpoint, in milliseconds. */
const patience = 5_000;

type Settings = Pick<DemoArguments, 'keys' | 'token' | 'kms' | 'standIn' | 'data'>;

/**
 * Makes ready where the keys of a run are to live. Where nothing says which AWS KMS, a stand-in is started, and this
 * process led to it.
 * @param environment changed where a stand-in is started
 * @param home the folder that has `.aws`
 * @throws SetUpError `usage` if keys would be made in AWS itself and nobody said so; as `takeDataFolder`
 * @throws ProviderError `provider-unavailable` if the stand-in does not start, or nothing answers at the endpoint;
 *   `provider-misconfigured` if that is no URL, or on another machine and not https
 */
export async function openKeyPlace(
  settings: Settings,
  environment: Record<string, string | undefined> = process.env,
  home?: string,
): Promise<KeyPlace> {
  if (settings.keys !== 'kms') return { name: nameOf(settings), close: async () => {} };
  const kms = settings.standIn ? { kind: 'none' as const } : awsKmsOf(environment, home);
  switch (kms.kind) {
    case 'endpoint':
      return await atEndpoint(kms);
    case 'aws':
      return atAws(settings);
    case 'none':
      return await atStandIn(settings, environment);
  }
}

function nameOf({ keys, token, data }: Settings): string {
  if (keys === 'software') return `software (for evaluation), in ${join(data, 'software-keys')}`;
  if (token === undefined) return `a SoftHSM token, in ${join(data, 'token')}`;
  const which = 'label' in token.token ? token.token.label : `number ${token.token.serial}`;
  return `the token ${which} of ${token.module}`;
}

/** Asked at once whether anything is there: the provider itself keeps trying for half a minute. */
async function atEndpoint(named: { endpoint: string; variable: string }): Promise<KeyPlace> {
  const endpoint = urlOf(named);
  const { protocol, hostname } = endpoint;
  refusePlainHttp({ protocol, hostname });
  // A URL may hold a password.
  const shown = endpoint.origin;
  try {
    const answer = await fetch(endpoint, { signal: AbortSignal.timeout(patience) });
    await answer.body?.cancel();
  } catch (cause) {
    throw new ProviderError('provider-unavailable', {
      field: shown,
      why: 'nothing answers at this endpoint',
      next: `Start what should be there, or correct ${named.variable}; with --kms-stand-in the demo needs none.`,
      cause,
    });
  }
  const kms = { kind: 'endpoint', where: shown } as const;
  return { name: `AWS KMS, at the endpoint ${shown}`, kms, close: async () => {} };
}

/** Its text is not repeated: what is no URL may be anything. `localhost:4566` is one, of the scheme `localhost:`. */
function urlOf({ endpoint, variable }: { endpoint: string; variable: string }): URL {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw new ProviderError('provider-misconfigured', {
    field: variable,
    why: 'is no URL that begins with https:// or http://',
    next: `Correct it, or unset it; with --kms-stand-in the demo needs no endpoint.`,
  });
}

/** A key in AWS KMS costs 1 USD a month, and AWS keeps one that is to be deleted for 7 days or more (AWS KMS pricing, ScheduleKeyDeletion). */
function atAws({ kms }: Settings): KeyPlace {
  const prefix = kms?.aliasPrefix;
  if (prefix === undefined) {
    throw new SetUpError('usage', {
      field: '--kms-prefix',
      why: 'is needed where keys would be made in AWS itself: the demo makes three, and one for each that must never leave, which cost about 1 USD a month each, and AWS deletes none before a week has passed',
      next: 'Name a prefix that nothing else uses, as in --kms-prefix escrow-demo; or take --kms-stand-in, which makes nothing in AWS.',
    });
  }
  return {
    name: `AWS KMS, in the account and region of the environment, under alias/${prefix}/`,
    warning: 'Each key that is made there costs about 1 USD a month until AWS has deleted it.',
    afterwards: `The keys stay in AWS KMS, and cost. To be rid of them, schedule the deletion of those under alias/${prefix}/, or with the tag ${kmsTagKey}:prefix = ${prefix}: the commands are in docs/kms.md, "Remove the keys of a trial".`,
    kms: { kind: 'aws' },
    close: async () => {},
  };
}

async function atStandIn(
  { data }: Settings,
  environment: Record<string, string | undefined>,
): Promise<KeyPlace> {
  // What is wrong with the folder, or that another run is at work in it, is said before anything is put there.
  (await takeDataFolder(data)).release();
  const folder = join(data, 'kms-stand-in');
  const { environment: variables, close } = await startKmsStandIn(folder);
  leadOnlyTo(variables, environment);
  return {
    name: 'a stand-in for AWS KMS on this machine',
    warning: `This is not AWS: the stand-in speaks its protocol, and keeps its keys in clear in ${folder}.`,
    afterwards:
      'The stand-in has ended. For AWS itself, set region and credentials as for any AWS tool, and give --kms-prefix.',
    kms: { kind: 'stand-in', where: folder },
    close,
  };
}
