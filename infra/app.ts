import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { bundleFunctions } from './bundles/bundle-functions.ts';
import { checkPractices } from './checks.ts';
import { readDeployment } from './deployment.ts';
import { EnrollmentKeyEscrow } from './enrollment-key-escrow.ts';
import type { EnrollmentKeyEscrowProps } from './props.ts';

const app = new App();
checkPractices(app);
const deployment = readOrEnd();
const custody = deployment.custody?.kind ?? 'kms';
const code = bundleFunctions({ outFolder: join(app.outdir, 'functions'), custody });
new EnrollmentKeyEscrow(app, 'Escrow', { ...deployment, code });
app.synth();

/** What is set wrongly is told in a sentence, without where in the program it was found. */
function readOrEnd(): EnrollmentKeyEscrowProps {
  try {
    return readDeployment(app.node, process.env['CDK_DEFAULT_ACCOUNT']);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}
