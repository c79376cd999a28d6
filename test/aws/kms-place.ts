import { KMS } from '@aws-sdk/client-kms';
import { cleanAliases, cleanKeys } from './clean-kms.ts';
import type { Place } from './place.ts';
import { runPrefix, runTag } from './run.ts';

export const kmsPlace: Place = {
  makes: (runId) => `
AWS KMS: about 150 keys, each with the tag ${runTag}=${runId} and an alias under alias/${runPrefix(runId)}/, and some 13,000 requests,
within minutes: it makes 5 keys a second. At a dollar a key and month, billed by the hour, and a few cents for requests, that is less
than 1 USD. Aliases are removed at once, keys after the 7 days that AWS KMS waits at least, in which they cost nothing.
`,
  clean: async (runId) => {
    const kms = new KMS();
    await cleanAliases(kms, runPrefix(runId));
    const destroyed = await cleanKeys(kms, runId);
    kms.destroy();
    return `${destroyed} keys`;
  },
};
