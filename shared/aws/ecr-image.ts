/** `ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME:TAG`, or with `@sha256:…`. */
const ECR = /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?\/([^:@]+)(?::([^@]+)|@(.+))?$/;

/** The parts of an image's name in a private ECR repository. */
export type EcrImage = {
  readonly account: string;
  readonly region: string;
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: string;
};

/** Undefined: the image isn't in a private ECR repository. */
export function parseEcrImage(name: string): EcrImage | undefined {
  const [, account, region, repository, tag, digest] = ECR.exec(name) ?? [];
  if (account === undefined || region === undefined || repository === undefined) return undefined;
  return { account, region, repository, ...(tag && { tag }), ...(digest && { digest }) };
}
