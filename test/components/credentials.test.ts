// Credentials: one new password a rotation, the one before still there, and nothing in the clear.
import { describe, expect, it } from "vitest";
import { Credentials } from "../../components/random/credentials.ts";
import { record, refusal } from "../support/mocks.ts";

const passwordType = "random:index/randomPassword:RandomPassword";
const rotated = (rotation?: number) =>
  record(() => {
    const { username, password, previous, accepted } = new Credentials("login", {
      username: "app",
      ...(rotation !== undefined && { rotation }),
    });
    return { username, password, previous, accepted };
  });

describe("Credentials", () => {
  it("begins with one password, of 32 characters that need no escaping", async () => {
    const { registered, one, value } = await rotated();
    expect(registered.map(({ type, name, parent }) => [type, name, parent])).toEqual([
      ["tutti:random:Credentials", "login", undefined],
      [passwordType, "login-even", "tutti:random:Credentials login"],
    ]);
    expect(one(passwordType).inputs).toMatchObject({
      length: 32,
      special: true,
      overrideSpecial: "-_",
      minLower: 1,
      minUpper: 1,
      minNumeric: 1,
      keepers: { rotation: "0" },
    });
    expect(value).toMatchObject({
      username: "app",
      password: "generated-login-even-0",
      accepted: ["generated-login-even-0"],
    });
    expect(value.previous).toBeUndefined();
  });

  it.each([
    { rotation: 1, current: ["login-odd", "1"], before: ["login-even", "0"] },
    { rotation: 2, current: ["login-even", "2"], before: ["login-odd", "1"] },
    { rotation: 3, current: ["login-odd", "3"], before: ["login-even", "2"] },
  ])(
    "fills the other slot at rotation $rotation and leaves the password in use alone",
    async ({ rotation, current, before }) => {
      const { all, value } = await rotated(rotation);
      const keepers = all(passwordType).map(({ name, inputs }) => [
        name,
        (inputs["keepers"] as { rotation: string }).rotation,
      ]);
      expect(keepers).toEqual([current, before]);
      expect(value.password).toBe(`generated-${current.join("-")}`);
      expect(value.previous).toBe(`generated-${before.join("-")}`);
      expect(value.accepted).toEqual([value.password, value.previous]);
    },
  );

  it("keeps every password secret, one by one and together", async () => {
    const { secretValues } = await rotated(1);
    expect(secretValues).toEqual(["accepted", "password", "previous"]);
  });

  it("registers its outputs after its children", async () => {
    const { finished } = await rotated();
    expect(finished).toEqual(["tutti:random:Credentials login"]);
  });

  it.each([
    [{ username: "a b" }, 'Credentials "login": username is "a b", expected 1 to 63 letters'],
    [
      { username: "app", length: 8 },
      'Credentials "login": length is 8, expected a whole number from 20 to 128 (characters)',
    ],
    [{ username: "app", rotation: -1 }, 'Credentials "login": rotation is -1, expected a whole number from 0'],
    [{ username: "app", rotation: 1.5 }, 'Credentials "login": rotation is 1.5, expected a whole number from 0'],
    [
      { username: "app", alphabet: "emoji" as "symbols" },
      'Credentials "login": alphabet is "emoji", expected one of "url-safe", "symbols"',
    ],
  ])("refuses %j", async (args, message) => {
    expect(await refusal(() => new Credentials("login", args))).toContain(message);
  });

  it("names everything that is wrong at once", async () => {
    expect(await refusal(() => new Credentials("Login", { username: "", length: 1 }))).toBe(
      [
        'Credentials "Login": 3 wrong arguments',
        '  name is "Login", expected lower-case letters, digits and dashes, first a letter, last no dash',
        '  username is "", expected 1 to 63 letters, digits, dots, underscores, dashes and @',
        "  length is 1, expected a whole number from 20 to 128 (characters)",
      ].join("\n"),
    );
  });
});
