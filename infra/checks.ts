import { type App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, NIST80053R5Checks } from 'cdk-nag';
import { EscrowChecks } from './rules/escrow-checks.ts';

/**
 * Holds every stack of the app against the AWS Solutions rules, those for NIST SP 800-53 Rev. 5, and the project's own. A finding
 * that nobody gave a reason for fails synthesis; the reasons stand in `accepted-findings.ts`.
 */
export function checkPractices(app: App): void {
  const packs = [
    new AwsSolutionsChecks(app, { verbose: true }),
    new NIST80053R5Checks(app),
    new EscrowChecks(),
  ];
  Validations.of(app).addPlugins(...packs);
}
