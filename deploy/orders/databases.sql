-- One database for each service. Run once, when the volume of PostgreSQL is empty.
CREATE DATABASE userdb;
CREATE DATABASE orderdb;
