// The bcrypt hash of a generated password, in the form Go writes it (`$2a$`, cost 10). Only the first 72 bytes count.
import bcrypt from "bcryptjs";

export async function passwordHash(password: string): Promise<string> {
  // bcryptjs writes `$2b$`, the same algorithm: only the salt's own prefix decides what the hash says.
  const salt = (await bcrypt.genSalt(10)).replace(/^\$2b\$/, "$2a$");
  return bcrypt.hash(password, salt);
}

export function isHashOf(password: string, hash: string): Promise<boolean> {
  return bcrypt.compare(password, hash).catch(() => false);
}
