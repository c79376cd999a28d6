/**
 * Ports of this machine on which the command line waits for the issuer's answer, in this order: issuers that hold redirects to
 * the letter, as Amazon Cognito does, must be told them all.
 */
export const loopbackPorts = [8421, 8422, 8423, 8424, 8425, 8426, 8427, 8428] as const;
