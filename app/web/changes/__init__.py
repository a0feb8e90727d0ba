"""What is changed in the organisation, in its KPIs and policies: change sets, their forms and sheets."""
