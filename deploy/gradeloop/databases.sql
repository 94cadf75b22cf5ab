-- One database for each service. Run once, when the volume of PostgreSQL is empty.
CREATE DATABASE iamdb;
CREATE DATABASE academicsdb;
CREATE DATABASE assignmentdb;
CREATE DATABASE notifydb;
CREATE DATABASE cipasdb;
