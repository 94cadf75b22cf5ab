export { deadLetterRegistration } from "./dead-letter-service.ts";
