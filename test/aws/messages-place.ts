import { messagesName, removeMessages } from './messages-account.ts';
import type { Place } from './place.ts';
import { runTag } from './run.ts';

export const messagesPlace: Place = {
  makes: (runId) => `
Amazon EventBridge, SQS and SNS: a bus ${messagesName(runId)} with rules, a topic of that name and five queues whose names begin so,
with the same tag (${runTag}), and some thousand requests: less than a cent. They are removed at the end.
`,
  clean: async (runId) => `${await removeMessages(runId)} queues`,
};
