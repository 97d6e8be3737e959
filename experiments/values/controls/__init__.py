"""Controls: where names must fail, where labels must, and what few hidden units do to both."""
