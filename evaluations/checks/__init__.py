"""Quality checks by checklists (质检表): what is asked, what was answered, the score."""
