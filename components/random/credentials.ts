// Credentials: turns a rotation counter into a generated password and the one before it, both secret to the end.
//
// Two slots take turns. Rotation n fills slot n % 2; the other slot keeps rotation n - 1. So raising the counter by one
// generates exactly one new password and leaves the one in use alone: whoever accepts both (signing keys, API keys) rotates
// without an outage, and going back by one brings nothing back that was already dropped.
//
// What replaces a password: raising `rotation` (the older of the two), `length` and `alphabet` (both).
//
//   rotation   0     1     2     3
//   even slot  p0    p0    p2    p2
//   odd slot   -     p1    p1    p3
import { ComponentResource, type ComponentResourceOptions, type Output, secret } from "@pulumi/pulumi";
import { RandomPassword } from "@pulumi/random/randomPassword.js";
import { ArgumentCheck } from "../arguments.ts";

/** What a password is made of. `url-safe` needs no escaping in URLs, shells, YAML and `.env` files. */
export type Alphabet = "url-safe" | "symbols";

export interface CredentialsArgs {
  /** Whom the password belongs to; 1 to 63 letters, digits, `.`, `_`, `-` and `@`. Nothing is replaced when it changes. */
  readonly username: string;
  /** Characters, 20 to 128; 32 by default. Changing it replaces both passwords. */
  readonly length?: number;
  /** `url-safe` (letters, digits, `-` and `_`) by default. Changing it replaces both passwords. */
  readonly alphabet?: Alphabet;
  /** Raise by one to rotate, which replaces the older of two passwords: the one in use until then stays valid as `previous`. 0 by default. */
  readonly rotation?: number;
}

/** Characters of each alphabet beside letters and digits. */
const symbols: Record<Alphabet, string> = { "url-safe": "-_", symbols: "!#$%&*()-_=+[]{}<>:?" };

/** A user name with a generated password that rotates on demand. */
export class Credentials extends ComponentResource {
  /** Whom the password belongs to, as it was given. */
  readonly username: string;
  /** The password in use; always secret. */
  readonly password: Output<string>;
  /** The password before the last rotation, still to be accepted; always secret. Undefined before the first rotation. */
  readonly previous: Output<string> | undefined;
  /** Every password to accept, the one in use first; always secret. */
  readonly accepted: Output<string[]>;

  /** @throws RunError before anything is registered when an argument is wrong. */
  constructor(name: string, args: CredentialsArgs, opts?: ComponentResourceOptions) {
    const { username, length = 32, alphabet = "url-safe", rotation = 0 } = args;
    const check = new ArgumentCheck("Credentials", name);
    check.matches(
      "username",
      username,
      /^[A-Za-z0-9._@-]{1,63}$/,
      "1 to 63 letters, digits, dots, underscores, dashes and @",
    );
    check.integer("length", length, { min: 20, max: 128, unit: "characters" });
    check.oneOf("alphabet", alphabet, Object.keys(symbols));
    check.integer("rotation", rotation, { min: 0, max: 1_000_000 });
    check.done();

    super("tutti:random:Credentials", name, {}, opts);

    const generate = (filled: number) =>
      new RandomPassword(
        `${name}-${filled % 2 === 0 ? "even" : "odd"}`,
        {
          length,
          special: true,
          overrideSpecial: symbols[alphabet],
          minLower: 1,
          minUpper: 1,
          minNumeric: 1,
          keepers: { rotation: String(filled) },
        },
        { parent: this },
      ).result;

    this.username = username;
    this.password = secret(generate(rotation));
    this.previous = rotation === 0 ? undefined : secret(generate(rotation - 1));
    this.accepted = secret(this.previous === undefined ? [this.password] : [this.password, this.previous]) as Output<
      string[]
    >;
    this.registerOutputs({
      username,
      password: this.password,
      previous: this.previous,
      accepted: this.accepted,
    });
  }
}
