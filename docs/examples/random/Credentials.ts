// A key that signs sessions. Raising `rotation` makes a new one; the one before is still accepted, so nobody is logged out.
import { Credentials } from "../../../components/random/credentials.ts";

const signing = new Credentials("signing", { username: "sessions", length: 64, rotation: 1 });

/** Secret, both: the state holds them encrypted. */
export const current = signing.password;
export const accepted = signing.accepted;
