import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Stage } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/** The Dockerfile that comes along, and what it puts into the image. */
const ownImage = join(import.meta.dirname, 'token-image');

/**
 * Puts together, beside the templates, what the image of the functions that use a token is built from: a Dockerfile with what it
 * copies, and the functions' code under `functions/ENTRY`. Nothing is built before it is deployed.
 * @param code folders with code by entry; those given here, and no others, come into the image
 * @param image folder with a Dockerfile of the organization's own, in place of the one that comes along
 * @returns the folder, absolute
 */
export function stageTokenImage(
  scope: Construct,
  code: Readonly<Record<string, string>>,
  image = ownImage,
): string {
  const folder = join(Stage.of(scope)?.outdir ?? '', `token-image-${scope.node.addr.slice(-8)}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(image, folder, { recursive: true });
  for (const [entry, from] of Object.entries(code)) {
    cpSync(from, join(folder, 'functions', entry), { recursive: true });
  }
  return folder;
}
