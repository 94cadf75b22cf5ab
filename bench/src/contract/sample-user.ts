/** The user that every server answers with: of an everyday size, the same for all. */
export const SAMPLE_USER = {
  id: 42,
  name: "Ada Lovelace",
  email: "ada.lovelace@example.com",
  phone: "+44 20 7946 0958",
  address: "12 St James's Square, London SW1Y 4JH",
} as const;

/** Both times of the user. */
export const SAMPLE_TIME = { seconds: 1_767_225_600, nanos: 123_000_000 } as const;
