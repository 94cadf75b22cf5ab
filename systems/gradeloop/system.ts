import { gradeloop } from "./gradeloop.ts";
import { readSettings } from "./shared/settings.ts";

export default gradeloop(readSettings(process.env));
