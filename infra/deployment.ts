import type { Node } from 'constructs';

/** Which of an organization's installations this is, and where it runs. */
export interface Deployment {
  /** Part of the stacks' names and the keys' aliases, so that two stages can share an account. */
  stage: string;
  /** Twelve digits. */
  account: string;
  region: string;
}

/**
 * Reads the deployment from the CDK context: `cdk.json`, overridden by `-c stage=... -c account=... -c region=...`. The
 * defaults of `cdk.json` let the templates be made and checked with no account at hand; nothing can be deployed to
 * them.
 * @throws RangeError naming the value of the context that is missing or not well-formed
 */
export function readDeployment(node: Node): Deployment {
  return {
    stage: read(node, 'stage', /^[a-z][a-z0-9-]{1,19}$/),
    account: read(node, 'account', /^\d{12}$/),
    region: read(node, 'region', /^[a-z]{2}(-[a-z]+)+-\d$/),
  };
}

function read(node: Node, name: keyof Deployment, form: RegExp): string {
  const value: unknown = node.tryGetContext(name);
  if (typeof value === 'string' && form.test(value)) return value;
  throw new RangeError(`set the context value ${name} (-c ${name}=...): it must match ${form.source}`);
}
