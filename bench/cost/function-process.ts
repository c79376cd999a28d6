import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import * as v from 'valibot';
import { type FunctionName, type FunctionSpec, functions, usualTimeoutSeconds } from '#contract/functions.ts';
import { type FunctionReply, functionReplySchema } from './function-messages.ts';

/** What became of one invocation. */
export interface Answered {
  payload: unknown;
  processorMilliseconds: number;
}

type Settle = (reply: Exclude<FunctionReply, { started: number }>) => void;

const program = new URL('functions-process.ts', import.meta.url);

/** A function in a process of its own, so that what it computes and logs is known apart from all else. */
export class FunctionProcess {
  /** Time of the processor until it could be invoked, in milliseconds. */
  readonly startMilliseconds: number;
  readonly spec: FunctionSpec;
  readonly #name: FunctionName;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<string, Settle>();
  #logged = 0;

  private constructor(name: FunctionName, child: ChildProcess, startMilliseconds: number) {
    this.#name = name;
    this.spec = functions[name];
    this.#child = child;
    this.startMilliseconds = startMilliseconds;
    for (const output of [child.stdout, child.stderr]) {
      output?.on('data', (bytes: Buffer) => {
        this.#logged += bytes.length;
      });
    }
    child.on('message', (message) => {
      const reply = v.parse(functionReplySchema, message);
      if ('id' in reply) this.#waiting.get(reply.id)?.(reply);
    });
  }

  /** @param environment all that the function is told */
  static async start(
    name: FunctionName,
    environment: Readonly<Record<string, string>>,
  ): Promise<FunctionProcess> {
    const { entry } = functions[name];
    const child = fork(program, [entry], {
      env: { PATH: process.env['PATH'], ...environment },
      silent: true,
    });
    let said = '';
    const hear = (bytes: Buffer) => {
      said += bytes.toString('utf8');
    };
    child.stderr?.on('data', hear);
    const gone = once(child, 'exit').then(() => {
      throw new Error(`the function ${name} did not start: ${said.slice(-2_000)}`);
    });
    gone.catch(() => undefined);
    const [message]: unknown[] = await Promise.race([once(child, 'message'), gone]);
    child.stderr?.off('data', hear);
    const reply = v.parse(functionReplySchema, message);
    return new FunctionProcess(name, child, 'started' in reply ? reply.started : Number.NaN);
  }

  /** @throws Error if the function failed, as AWS Lambda would tell it */
  async invoke(event: unknown): Promise<Answered> {
    const id = randomUUID();
    const { promise, resolve } = Promise.withResolvers<Parameters<Settle>[0]>();
    this.#waiting.set(id, resolve);
    this.#child.send({ id, event, milliseconds: 1_000 * (this.spec.timeoutSeconds ?? usualTimeoutSeconds) });
    const reply = await promise;
    this.#waiting.delete(id);
    if ('failure' in reply) throw new Error(`the function ${this.#name} failed: ${reply.failure}`);
    return { payload: reply.payload, processorMilliseconds: reply.processorMilliseconds };
  }

  /** How many bytes it logged since the last time. */
  takeLogged(): number {
    const logged = this.#logged;
    this.#logged = 0;
    return logged;
  }

  async stop(): Promise<void> {
    const gone = once(this.#child, 'exit');
    this.#child.kill();
    await gone;
  }
}
