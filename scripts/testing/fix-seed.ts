/** Property tests draw the same values in every run, so that a test tells of the change under it; new values are the fuzz stage's work. */
import fc from "fast-check";

fc.configureGlobal({ seed: Number(process.env.PARLEY_SEED ?? 20_260_101) });
