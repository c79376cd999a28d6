import type { FunctionReply, FunctionRequest } from './function-messages.ts';

// One function, as AWS Lambda runs it: a process of its own, which is told of events and asked what they took.

const [, , entry = ''] = process.argv;
const { handler } = await import(`../../lambdas/${entry}.ts`);
tell({ started: process.cpuUsage().user / 1_000 + process.cpuUsage().system / 1_000 });

process.on('message', (request: FunctionRequest) => void answer(request));

async function answer({ id, event, milliseconds }: FunctionRequest): Promise<void> {
  const before = process.cpuUsage();
  const deadline = Date.now() + milliseconds;
  const invocation = { awsRequestId: id, getRemainingTimeInMillis: () => deadline - Date.now() };
  try {
    const payload: unknown = await handler(event, invocation);
    tell({ id, payload, ...taken(before) });
  } catch (error) {
    tell({
      id,
      failure: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
      ...taken(before),
    });
  }
}

function taken(before: NodeJS.CpuUsage) {
  const { user, system } = process.cpuUsage(before);
  return { processorMilliseconds: (user + system) / 1_000 };
}

function tell(reply: FunctionReply): void {
  process.send?.(reply);
}
